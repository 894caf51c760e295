// The process that holds a pod's name spaces on a test node: no dependencies.
module nodemend.dev/test/cluster/tools/pause

go 1.26.0
