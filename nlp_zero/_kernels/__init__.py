

try:
    from . import counting  # noqa: F401
except ImportError as error:  # no silent fallback: the library cannot work without its kernels
    raise ImportError(
        "The compiled part of nlp_zero is missing or does not fit this Python; install it with 'pip install .' "
        f"(a C++ compiler is needed). ({error})"
    ) from None
