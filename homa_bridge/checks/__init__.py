"""What :mod:`homa_bridge.doctor` looks at, each part by itself."""
