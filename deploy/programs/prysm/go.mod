// Builds Prysm, the consensus client.
module medshare.example/programs/prysm

go 1.25.1

require github.com/OffchainLabs/prysm/v6 v6.1.4

// Prysm's own go.mod has this line; a replacement counts only in the main module, so it stands here again.
replace github.com/json-iterator/go => github.com/prestonvanloon/go v1.1.7-0.20190722034630-4f2e55fcf87b
