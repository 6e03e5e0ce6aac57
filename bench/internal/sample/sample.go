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

	Err string `json:"err,omitempty"`
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
