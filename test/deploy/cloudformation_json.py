"""Prints a CloudFormation template as JSON, read the way cfn-lint reads it."""

import json
import sys

from cfnlint.decode.cfn_yaml import load

json.dump(load(sys.argv[1]), sys.stdout)
