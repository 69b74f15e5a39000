// Builds geth, the execution client.
module medshare.example/programs/geth

go 1.24.0

require github.com/ethereum/go-ethereum v1.17.1
