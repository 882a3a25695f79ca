"""What a simulated board's sensors measure: set values, or weather and motion as functions of time."""
