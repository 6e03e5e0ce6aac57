//go:build long

package module

import (
	"path/filepath"
	"testing"
)

func TestRenamedModule_builds_and_keeps_its_architecture(t *testing.T) {
	_, folder := renamedCopy(t)
	run(t, folder, "go", "build", "-tags", "nomsgpack", "./...")
	run(t, folder, "go", "vet", "-tags", "nomsgpack,long", "./...")
	run(t, folder, "go", "test", "-tags", "nomsgpack", "-run", "TestArchitecture|TestDocuments", ".")
	run(t, filepath.Join(folder, "bench"), "go", "vet", "./...")
	run(t, filepath.Join(folder, "bench/server"), "go", "vet", "-tags", "nomsgpack", ".")
}
