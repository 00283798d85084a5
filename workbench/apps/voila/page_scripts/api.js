// Shows the OpenAPI document with Swagger UI, without requests to other servers (validator, fonts).

const base = document.body.dataset.baseUrl;
const xsrf = () => document.cookie.match(/(?:^|; )_xsrf=([^;]*)/)?.[1] ?? "";

SwaggerUIBundle({
  url: base + "api/v1/openapi.json",
  dom_id: "#api",
  validatorUrl: null,
  docExpansion: "list",
  defaultModelsExpandDepth: -1,
  requestInterceptor: (request) => {
    if (request.method && request.method !== "GET") request.headers["X-XSRFToken"] = xsrf();
    return request;
  },
});
