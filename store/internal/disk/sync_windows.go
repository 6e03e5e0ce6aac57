package disk

import "os"

// SyncOpenDir does nothing: Windows cannot flush a folder that is open for
// reading (https://go.dev/issue/75541), and NTFS keeps names in a journal.
func SyncOpenDir(*os.File) error { return nil }
