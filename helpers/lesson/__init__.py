"""What only the lessons need: setting up, exercises and their checks, pictures, widgets."""
