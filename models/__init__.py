"""The networks of riffbridge: the runtime on numpy and ONNX Runtime here; torch only in nets, train, data, evaluate, export."""
