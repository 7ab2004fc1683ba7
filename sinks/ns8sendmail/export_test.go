package ns8sendmail

// Fold is fold, for its fuzz test.
var Fold = fold
