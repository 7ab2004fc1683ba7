package config

// nearest returns the word that name most likely means. At most a third of its
// letters may be wrong, one at least.
func nearest(name string, words []string) (string, bool) {
	best, least := "", max(len(name)/3, 1)
	for _, w := range words {
		if n := distance(plain(name), plain(w)); n <= least && (best == "" || n < least) {
			best, least = w, n
		}
	}
	return best, best != ""
}

// distance is Levenshtein's with Damerau's swap: how many letters to put in, take
// out, change, or swap with their neighbour.
func distance(a, b string) int {
	rows := make([][]int, len(a)+1)
	for i := range rows {
		rows[i] = make([]int, len(b)+1)
		rows[i][0] = i
	}
	for j := range rows[0] {
		rows[0][j] = j
	}
	for i := 1; i <= len(a); i++ {
		for j := 1; j <= len(b); j++ {
			change := rows[i-1][j-1]
			if a[i-1] != b[j-1] {
				change++
			}
			rows[i][j] = min(change, rows[i-1][j]+1, rows[i][j-1]+1)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				rows[i][j] = min(rows[i][j], rows[i-2][j-2]+1)
			}
		}
	}
	return rows[len(a)][len(b)]
}
