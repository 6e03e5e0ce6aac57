package adaptertest_test

import (
	"testing"

	"go.uber.org/goleak"

	"gifchat/socketio"
	"gifchat/socketio/adaptertest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestHub(t *testing.T) {
	adaptertest.Test(t, func(_ testing.TB, n int) []func(*socketio.Namespace) socketio.Adapter {
		var hub adaptertest.Hub
		var all []func(*socketio.Namespace) socketio.Adapter
		for range n {
			all = append(all, hub.Adapter)
		}
		return all
	})
}
