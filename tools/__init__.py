"""What the build uses and nobody installs: the compiler's wrapper, pytest's environment."""
