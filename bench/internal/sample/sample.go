// Package sample is what the programs of the benchmark say to each other: the
// load generator prints a Sample, the suite keeps it as a Run, the report reads
// a file of Lines. It knows nothing of how any of it was measured.
package sample

// Sample is one measurement of one server. All figures but LoadCPU and
// OtherCores are the server's.
type Sample struct {
	Conns   int     `json:"conns"`
	Retried int     `json:"retried,omitempty"` // handshakes that the server cut off
	Sent    int64   `json:"sent,omitempty"`
	Units   int64   `json:"units,omitempty"` // deliveries or acknowledgements in the measured window
	Seconds float64 `json:"seconds,omitempty"`

	CPU       float64 `json:"cpu_us"`           // µs for each unit
	UserShare float64 `json:"user_share"`       // of CPU, 0 to 1
	Handshake float64 `json:"handshake_cpu_us"` // µs for each handshake
	IdleRSS   float64 `json:"idle_rss"`         // bytes for each connection, before any message
	PerSecond float64 `json:"per_second"`       // units
	P50       float64 `json:"p50_us"`
	P99       float64 `json:"p99_us"`

	LoadCPU    float64 `json:"load_cpu_us"` // µs of the generator for each unit
	OtherCores float64 `json:"other_cores"` // cores that anything else kept busy meanwhile

	// Acknowledged is the number of messages that a chat server acknowledged from
	// its start to its end, and Rows the number that its database then had.
	Acknowledged int64 `json:"acknowledged,omitempty"`
	Rows         int64 `json:"rows,omitempty"`

	Slow *Slow `json:"slow,omitempty"` // only of a workload with slow links

	Err string `json:"err,omitempty"`
}

// Slow is what happened to a room in which some clients read slowly. P50 and
// P99 of its Sample are those of the other clients.
type Slow struct {
	Clients    int     `json:"clients"`             // with a slow link
	Cut        int     `json:"cut"`                 // of those, although they had read within 10 s
	CutStalled int     `json:"cut_stalled"`         // of those, after 10 s in which nothing came
	FirstCut   float64 `json:"first_cut,omitempty"` // seconds after the start of the window
	Cause      string  `json:"cause,omitempty"`     // of the first cut, as the client saw it

	Lost      int64   `json:"lost"`       // messages that clients with a slow link did not get, those cut left out
	LostShare float64 `json:"lost_share"` // of what was sent to them, 0 to 1
	LagP50    float64 `json:"lag_p50"`    // seconds from sending to arrival on a slow link
	LagP99    float64 `json:"lag_p99"`

	Others     int   `json:"others"`      // clients that read as fast as they can
	OthersCut  int   `json:"others_cut"`  // of those
	OthersLost int64 `json:"others_lost"` // messages that those did not get

	PeakBytes int64 `json:"peak_bytes"` // most resident memory, above that before the window
}

// Run is a Sample with its place in the plan.
type Run struct {
	Workload string `json:"workload"`
	Server   string `json:"server"`
	Rep      int    `json:"rep"`

	Took float64 `json:"took,omitempty"` // seconds, with all waiting

	Sample
}

// Machine is where the runs were made and with what.
type Machine struct {
	Date     string   `json:"date"`
	CPU      string   `json:"cpu"`
	Cores    int      `json:"cores"`
	Memory   string   `json:"memory"`
	Kernel   string   `json:"kernel"`
	TCP      string   `json:"tcp"` // congestion control
	Versions []string `json:"versions"`
}

// Line is a line of the results file: one of the two.
type Line struct {
	Machine *Machine `json:"machine,omitempty"`
	Run     *Run     `json:"run,omitempty"`
}
