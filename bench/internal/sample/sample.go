// Package sample has the records that the programs of the benchmark exchange:
// the load generator prints a Sample, the suite stores it as a Run, and the
// report reads a file of Lines.
package sample

// Sample is one measurement of one server. LoadCPU and OtherCores are figures of
// the generator and of the machine, all others of the server.
type Sample struct {
	Conns   int     `json:"conns"`
	Retried int     `json:"retried,omitempty"` // handshakes that failed and were repeated
	Sent    int64   `json:"sent,omitempty"`
	Units   int64   `json:"units,omitempty"` // deliveries or acknowledgements in the window
	Seconds float64 `json:"seconds,omitempty"`

	CPU       float64 `json:"cpu_us"`           // µs for each unit
	UserShare float64 `json:"user_share"`       // of CPU, 0 to 1
	Handshake float64 `json:"handshake_cpu_us"` // µs for each handshake
	IdleRSS   float64 `json:"idle_rss"`         // bytes for each connection, before any message
	PerSecond float64 `json:"per_second"`       // units
	P50       float64 `json:"p50_us"`           // of the latency
	P99       float64 `json:"p99_us"`

	LoadCPU    float64 `json:"load_cpu_us"` // µs of the generator for each unit
	OtherCores float64 `json:"other_cores"` // cores used by other processes during the window

	// Acknowledged is the number of messages that a chat server acknowledged from
	// its start to its end. Rows is the number of messages in its database then.
	Acknowledged int64 `json:"acknowledged,omitempty"`
	Rows         int64 `json:"rows,omitempty"`

	Slow *Slow `json:"slow,omitempty"` // nil without slow links

	Err string `json:"err,omitempty"`
}

// Slow are the figures of a room with some clients on slow links. P50 and P99 of
// its Sample are the latency of the other clients.
type Slow struct {
	Clients    int     `json:"clients"`             // on slow links
	Cut        int     `json:"cut"`                 // slow clients cut although they had read within 10 s
	CutStalled int     `json:"cut_stalled"`         // slow clients cut after 10 s without a byte
	FirstCut   float64 `json:"first_cut,omitempty"` // seconds after the start of the window
	Cause      string  `json:"cause,omitempty"`     // of the first cut, as the client saw it

	Lost      int64   `json:"lost"`       // messages that uncut slow clients did not receive
	LostShare float64 `json:"lost_share"` // Lost as a share of the messages sent to them, 0 to 1
	LagP50    float64 `json:"lag_p50"`    // seconds from sending to arrival on a slow link
	LagP99    float64 `json:"lag_p99"`

	Others     int   `json:"others"`      // clients that read as fast as they can
	OthersCut  int   `json:"others_cut"`  // other clients cut
	OthersLost int64 `json:"others_lost"` // messages that other clients did not receive

	PeakBytes int64 `json:"peak_bytes"` // peak resident memory, minus the memory before the window
}

// Run is a Sample with its place in the plan.
type Run struct {
	Workload string `json:"workload"`
	Server   string `json:"server"`
	Rep      int    `json:"rep"`

	Took float64 `json:"took,omitempty"` // seconds, start and end of the server included

	Sample
}

// Machine describes the machine of a run and the versions of its programs.
type Machine struct {
	Date     string   `json:"date"`
	CPU      string   `json:"cpu"`
	Cores    int      `json:"cores"`
	Memory   string   `json:"memory"`
	Kernel   string   `json:"kernel"`
	TCP      string   `json:"tcp"` // congestion control
	Versions []string `json:"versions"`
}

// Line is a line of the results file: either a Machine or a Run.
type Line struct {
	Machine *Machine `json:"machine,omitempty"`
	Run     *Run     `json:"run,omitempty"`
}
