# Says what is wrong with commands of the AWS CLI, by the descriptions of AWS's
# services that the CLI is made of. Input: a JSON list of the words of each.
import json
import re
import sys

import botocore.session

# Options of the CLI itself.
own = {"output", "query", "region", "profile", "no-cli-pager", "max-items", "page-size"}
# Commands that are not one call.
composed = {
    ("cloudformation", "deploy"): {"stack-name", "template-file", "capabilities", "parameter-overrides"},
    ("s3", "cp"): set(),
    ("sso", "login"): {"sso-session"},
}
session = botocore.session.get_session()


def problems(service, operation, *words):
    options = {w[2:] for w in words if w.startswith("--")} - own
    if (service, operation) in composed:
        return options - composed[service, operation]
    model = session.get_service_model(service)
    names = {botocore.xform_name(o, "-"): o for o in model.operation_names}
    if operation not in names:
        return {"no such operation"}
    shape = model.operation_model(names[operation]).input_shape
    known = {botocore.xform_name(m, "-"): m for m in shape.members} if shape else {}
    # A flag: --set-as-default and --no-set-as-default.
    unknown = {o for o in options if o not in known and re.sub("^no-", "", o) not in known}
    missing = {k for k, m in known.items() if shape and m in shape.required_members and k not in options}
    return unknown | {"missing " + m for m in missing}


for command in json.load(sys.stdin):
    for problem in problems(*command[1:]):
        print(" ".join(command), ":", problem)
