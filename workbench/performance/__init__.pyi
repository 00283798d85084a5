from .live_series import rates as rates
