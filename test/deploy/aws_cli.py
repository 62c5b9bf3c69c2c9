"""Does what the AWS CLI does, for the calls that our scripts make: the CLI itself would be
one more program to install, and this is made of the same descriptions of AWS's services.

Usage: aws SERVICE OPERATION --option value... [--query JMESPATH] --output text
"""

import json
import sys

import boto3
import botocore.session
import jmespath
from botocore import xform_name


def text(value):
    if isinstance(value, list):
        return "\t".join(text(v) for v in value)
    return "None" if value is None else str(value)


service, operation, *words = sys.argv[1:]
model = botocore.session.get_session().get_service_model(service)
shape = model.operation_model({xform_name(o, "-"): o for o in model.operation_names}[operation]).input_shape
names = {xform_name(m, "-"): m for m in shape.members}
arguments, query = {}, None
while words:
    option = words.pop(0).removeprefix("--")
    if option == "output":
        assert words.pop(0) == "text"
    elif option == "query":
        query = jmespath.compile(words.pop(0))
    elif shape.members[names[option]].type_name == "boolean":
        arguments[names[option]] = True
    else:
        arguments[names[option]] = words.pop(0)
try:
    answer = getattr(boto3.client(service, region_name="us-east-1"), operation.replace("-", "_"))(**arguments)
except botocore.exceptions.ClientError as problem:
    sys.exit(f"aws: {problem}")
if query:
    # Like the CLI, with times as text.
    print(text(query.search(json.loads(json.dumps(answer, default=lambda time: time.isoformat())))))
