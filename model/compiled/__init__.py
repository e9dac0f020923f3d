"""The compiled arithmetic: kernels in C that do what a rule does, in the place where it is used, and nothing else.

It is an option (``arithmetic``). Without it every number comes from NumPy. It lies below all that calls it and knows no
state and no parameters: a kernel takes arrays and gives arrays.
"""
