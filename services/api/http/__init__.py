"""HTTP: the application, problem details, parameters, responses, metrics, the server. Knows no resource."""
