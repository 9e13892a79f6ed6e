"""UCI Online Retail and Online Retail II."""
