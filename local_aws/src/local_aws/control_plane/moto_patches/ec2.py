"""EC2."""

from typing import Any

from moto.ec2.models import EC2Backend

from .patching import replace


def install() -> None:
    delete_endpoints = EC2Backend.delete_vpc_endpoints

    def delete_and_forget_endpoints(self: EC2Backend, vpce_ids: list[str] | None = None) -> Any:
        # moto keeps deleted endpoints for ever, in the state "deleted"; AWS shows them for a while and then no more.
        answer = delete_endpoints(self, vpce_ids)
        for endpoint_id in vpce_ids or ():
            self.vpc_end_points.pop(endpoint_id, None)
        return answer

    replace(EC2Backend, "delete_vpc_endpoints", delete_and_forget_endpoints)
