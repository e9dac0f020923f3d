"""How a run starts: a calibrated economy, its trend, the agenda of its governments."""
