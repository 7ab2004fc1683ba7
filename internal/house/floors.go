// Package house holds no code of the program: its test keeps the floors. The
// promise: a package imports strictly lower floors (tests aside), and a new room
// that is not in the table fails the test until somebody decides where it stands.
package house
