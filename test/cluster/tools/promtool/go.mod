// Prometheus' linter and parser for metrics, embedded by main.go. Only built where no promtool is on the PATH.
module nodemend.dev/test/cluster/tools/promtool

go 1.26.0

require (
	github.com/prometheus/client_golang v1.23.2
	github.com/prometheus/prometheus v0.313.5
)

require (
	github.com/cespare/xxhash/v2 v2.3.0 // indirect
	github.com/gogo/protobuf v1.3.2 // indirect
	github.com/grafana/regexp v0.0.0-20250905093917-f7b3be9d1853 // indirect
	github.com/munnerz/goautoneg v0.0.0-20191010083416-a7dc8b61c822 // indirect
	github.com/prometheus/client_model v0.6.2 // indirect
	github.com/prometheus/common v0.69.0 // indirect
	golang.org/x/text v0.42.0 // indirect
	google.golang.org/protobuf v1.36.11 // indirect
)
