// An app in a document that may show several apps, one after the other: its content, its kernel and its widgets. Voila has
// no public function for a second kernel in a document, so this file uses what Voila's own start uses, and no other file
// does. tests/dashboards/test_switching.py checks it for the installed version.

window.workbenchAppPage = (() => {
  const VIEW = "application/vnd.jupyter.widget-view+json", OUTPUTS = 'script[type="application/vnd.voila.cell-output+json"]';
  const voilas = () => window.jupyterapp?.widgetManager;
  const open = new Set(); // the apps that have a kernel

  class AppPage {
    constructor(address, { title, body }) {
      Object.assign(this, { address, title, element: body.querySelector("#rendered_cells") });
      this.config = JSON.parse(this.element.querySelector("#jupyter-config-data").textContent);
      open.add(this);
    }

    // Connects to the kernel and shows the outputs of the cells. The element must be in the document.
    async render() {
      const { kernel, rendermime } = voilas(), { kernelId } = this.config;
      const connection = new kernel.constructor({ model: { id: kernelId, name: kernel.name }, serverSettings: kernel.serverSettings });
      this.manager = new (voilas().constructor)(connection, rendermime);
      this.manager._registry = voilas()._registry; // the classes of widgets that are loaded already
      const View = rendermime.createRenderer(VIEW).constructor;
      await Promise.all([...this.element.querySelectorAll(OUTPUTS)].map((script) => {
        const output = JSON.parse(script.textContent), type = rendermime.preferredMimeType(output.data, "any");
        const renderer = type === VIEW ? new View({ mimeType: VIEW }, this.manager) : rendermime.createRenderer(type);
        const place = script.parentElement;
        script.remove();
        renderer.addClass("jp-OutputArea-output");
        renderer.constructor.attach(renderer, place);
        return renderer.renderModel(output);
      }));
    }

    // Ends the kernel and everything that the widgets have started.
    close() {
      open.delete(this);
      this.element.remove();
      this.endKernel();
      const { manager } = this;
      manager?.clear_state().finally(() => manager.kernel.dispose());
    }

    endKernel() {
      const goodbye = new FormData();
      goodbye.append("_xsrf", document.cookie.match(/\b_xsrf=([^;]*)/)?.[1] ?? "");
      navigator.sendBeacon(`${this.config.baseUrl}voila/api/shutdown/${this.config.kernelId}`, goodbye);
    }
  }

  const first = document.getElementById("rendered_cells") && new AppPage(location.pathname + location.search, document);
  // Voila tells the server only about the first app, and not in Safari on iOS.
  addEventListener("pagehide", (event) => {
    if (!event.persisted) for (const page of open) page.endKernel(); // the browser may show a persisted page again
  });

  return {
    // Whether this document can show other apps: it is one, and Voila has started.
    get isReady() { return Boolean(voilas()); },
    // Returns the app that the document was loaded with.
    first: () => Object.assign(first, { manager: voilas() }),
    // Requests an app from the server, which takes a kernel for it.
    async load(address) {
      const answer = await fetch(address, { headers: { Accept: "text/html" } });
      if (!answer.ok) throw new Error(`The server refused ${address} with status ${answer.status}.`);
      const page = new AppPage(address, new DOMParser().parseFromString(await answer.text(), "text/html"));
      page.element.remove();
      return page;
    },
  };
})();
