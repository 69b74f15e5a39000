// Builds Kubo, the IPFS node.
module medshare.example/programs/kubo

go 1.26.5

require github.com/ipfs/kubo v0.43.0
