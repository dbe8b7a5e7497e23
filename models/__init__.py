"""The networks of riffbridge.

The modules here run on numpy and ONNX Runtime. torch is used only in nets, train, data, evaluate and export.
"""
