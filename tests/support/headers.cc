// Nothing: the library is there for its precompiled headers.
