"""How things are shown: streams, the console, tables, words, the style of figures."""
