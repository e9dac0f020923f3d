"""Détente: three blocs negotiate the trade in electric cars and batteries."""
