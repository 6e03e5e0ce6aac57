package module

import (
	"slices"
	"strings"
	"testing"
)

// libraries are the modules that a program with socketio is built from.
var libraries = []string{
	"github.com/gobwas/httphead",
	"github.com/gobwas/pool",
	"github.com/gobwas/ws",
	"golang.org/x/sys",
}

// forTests are the modules that the tests of socketio use besides. `go mod tidy`
// downloads them for each program that imports socketio.
var forTests = []string{
	"github.com/coder/websocket",
	"go.uber.org/goleak",
}

// imported are the packages that programs import. Package gosocketio, which the
// chat can choose for old clients, brings other modules.
var imported = []string{"./socketio", "./socketio/engineio", "./socketio/adaptertest", "./socketio/sockettest"}

func TestSocketio_brings_only_the_listed_modules(t *testing.T) {
	for _, test := range []struct {
		name string
		args []string
		want []string
	}{
		{"in a build", imported, libraries},
		{"with the tests", slices.Concat([]string{"-test"}, imported), slices.Concat(libraries, forTests)},
	} {
		t.Run(test.name, func(t *testing.T) {
			cmd := command(t, root, "go", slices.Concat([]string{"list", "-deps", "-f", "{{with .Module}}{{if not .Main}}{{.Path}}{{end}}{{end}}"}, test.args)...)
			cmd.Env = append(cmd.Env, "GOOS=linux") // the others need fewer modules
			out, err := cmd.Output()
			if err != nil {
				t.Fatal(err)
			}
			got := slices.Compact(slices.Sorted(strings.FieldsSeq(string(out))))
			if want := slices.Sorted(slices.Values(test.want)); !slices.Equal(got, want) {
				t.Errorf("modules of %q: got %q, want %q", imported, got, want)
			}
		})
	}
}
