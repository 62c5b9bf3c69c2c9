"""Runs moto's server, with one correction.

CloudFormation takes the document of a managed policy as an object or as JSON
text. moto knows only the object, and writes text as JSON a second time. It does
know both for the trust policy of a role.
"""

import json

from moto.iam.models import ManagedPolicy
from moto.server import main

create = ManagedPolicy.create_from_cloudformation_json


def create_from_object(resource_name, cloudformation_json, account_id, region_name, **kwargs):
    properties = cloudformation_json["Properties"]
    if isinstance(properties["PolicyDocument"], str):
        properties = properties | {"PolicyDocument": json.loads(properties["PolicyDocument"])}
        cloudformation_json = cloudformation_json | {"Properties": properties}
    return create(resource_name, cloudformation_json, account_id, region_name, **kwargs)


ManagedPolicy.create_from_cloudformation_json = staticmethod(create_from_object)
main()
