"""Makes the device from Python data: patch, checks, container, picture, tables, package. Run by `build_device.py`."""
