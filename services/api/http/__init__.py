"""HTTP as such: the application, problem details, parameters, responses, metrics, the server. Knows no resource."""
