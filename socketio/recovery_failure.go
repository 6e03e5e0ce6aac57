package socketio

import (
	"context"
	"errors"
	"log/slog"

	"gifchat/socketio/engineio"
)

// RecoveryFailure is why a client could not resume its session. The values are
// for logs; compare the constants.
type RecoveryFailure string

// The failures that end a lost session: Recovery.Expired is called.
const (
	FailureTooLate         RecoveryFailure = "absent for longer than MaxAbsence"
	FailureTooManySessions RecoveryFailure = "evicted, because MaxSessions clients are offline"
	FailureDisconnected    RecoveryFailure = "disconnected by the server"
	FailureEventsEvicted   RecoveryFailure = "missed events were evicted"
	FailureRoomsForgotten  RecoveryFailure = "the socket left more rooms than the session remembers"
	FailureInvalidOffset   RecoveryFailure = "invalid offset"
	FailureRefused         RecoveryFailure = "refused by middleware"
	FailureStartedOver     RecoveryFailure = "started over by middleware"
	FailureConnection      RecoveryFailure = "connection ended during the recovery"
	FailureClosed          RecoveryFailure = "namespace closed"
)

// The failures that leave the session of the client as it is, if there is one.
const (
	FailureUnknownSession RecoveryFailure = "unknown session"
	FailureOtherClient    RecoveryFailure = "session of another client"
	FailureStillInUse     RecoveryFailure = "disconnect handlers are still running"
	FailureNoIdentity     RecoveryFailure = "the client cannot be identified" // Identify panicked, or Auth is too large
)

// recoveryError ends a recovery after the middleware. It is an
// engineio.ErrClosed, so that the client connects again without a session.
type recoveryError struct{ why RecoveryFailure }

func (e *recoveryError) Error() string { return "socketio: " + string(e.why) }
func (e *recoveryError) Unwrap() error { return engineio.ErrClosed }

// failureOf returns why a socket that was to resume a session was refused with
// an error.
func failureOf(err error) RecoveryFailure {
	var failed *recoveryError
	switch {
	case errors.As(err, &failed):
		return failed.why
	case errors.Is(err, errDismissed):
		return FailureDisconnected
	case errors.Is(err, engineio.ErrClosed):
		return FailureConnection
	default:
		return FailureRefused
	}
}

// failed reports that the client of s could not resume the session that it
// names. It is called once for each such client, without mu.
func (r *recovery) failed(s *Socket, why RecoveryFailure) {
	level := slog.LevelDebug
	if why == FailureOtherClient {
		level = slog.LevelWarn // a theft, or an Auth that changes with each connection: see Recovery.Identify
	}
	r.namespace.server.cfg.Log.Log(context.Background(), level, "session not resumed", "namespace", r.namespace.name, "socket", s.id, "why", why)
	r.observeRefused(s, why)
}
