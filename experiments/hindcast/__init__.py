"""The record of 2018 to 2026: fitted, sealed, forecast, scored."""
