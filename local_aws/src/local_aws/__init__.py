"""AWS emulated on this machine: control plane, data plane and the model server behind its endpoints."""
