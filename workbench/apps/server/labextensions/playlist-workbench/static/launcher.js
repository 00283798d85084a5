// The section "Playlist Workbench" of JupyterLab's launcher: each notebook and each app opens in a tab.
//
// This is a container of module federation, which usually a bundler makes, written by hand. JupyterLab calls `init` with
// the modules that it shares, and `get("./extension")` for the plugin. docs/decisions.md has the reason.
(() => {
  const NAME = "playlist-workbench";
  const CATEGORY = "Playlist Workbench";
  const NOTEBOOK = `${NAME}:open-notebook`;
  const APP = `${NAME}:open-app`;
  const icon = (path) => `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24" width="16" height="16">
    <g fill="none" style="stroke:var(--jp-brand-color1)" stroke-width="2" stroke-linecap="round" stroke-linejoin="round">${path}</g></svg>`;
  const ICONS = {
    notebook: icon('<path d="M7 3h12v18H7zM4 7h3M4 12h3M4 17h3"/><path d="M11 15V9l4-1v5"/><circle cx="10" cy="15" r="1"/>'),
    library: icon('<path d="M4 4v16M9 4v16M14 5l5 15"/>'),
    music_map: icon('<circle cx="7" cy="8" r="2"/><circle cx="17" cy="6" r="2"/><circle cx="13" cy="17" r="2"/><path d="M9 8l6-2M8 10l4 5"/>'),
    playlist_maker: icon('<path d="M4 6h12M4 11h12M4 16h7M18 13v7M14.5 16.5h7"/>'),
    performance: icon('<path d="M4 17a8 8 0 1 1 16 0M12 17l4-6"/>'),
    problems: icon('<path d="M12 4L2.5 20h19zM12 10v4M12 17v.5"/>'),
    app: icon('<rect x="4" y="5" width="16" height="14" rx="2"/><path d="M4 9h16"/>'),
  };
  let shared;

  const use = async (name) => {
    const versions = Object.values(shared[name] ?? {});
    if (versions.length === 0) throw new Error(`JupyterLab does not share ${name}`);
    return (await versions[0].get())();
  };

  const plugin = ({ launcher, apputils, application, services, ui }) => ({
    id: `${NAME}:launcher`,
    autoStart: true,
    optional: [launcher.ILauncher, apputils.ICommandPalette, application.ILayoutRestorer],
    activate: (app, launcherModel, palette, restorer) => {
      const { commands, serviceManager, shell } = app;
      const settings = serviceManager.serverSettings;
      const icons = Object.fromEntries(
        Object.entries(ICONS).map(([name, svgstr]) => [name, new ui.LabIcon({ name: `${NAME}:${name}`, svgstr })]),
      );
      const ask = async (path, options = {}) => {
        const answer = await services.ServerConnection.makeRequest(
          settings.baseUrl + path,
          { cache: "default", ...options }, // otherwise, JupyterLab adds a query, which our server refuses
          settings,
        );
        const body = await answer.json();
        if (!answer.ok) throw new Error(body.message);
        return body;
      };
      const entries = ask("workbench/launcher");
      const tabs = new apputils.WidgetTracker({ namespace: NAME });

      commands.addCommand(NOTEBOOK, {
        label: (args) => args.title ?? "Open a notebook of Playlist Workbench",
        caption: (args) => args.line ?? "",
        icon: icons.notebook,
        execute: async ({ name }) => {
          const body = JSON.stringify({ name });
          const headers = { "Content-Type": "application/json" };
          const { path } = await ask("workbench/notebooks", { method: "POST", body, headers });
          return commands.execute("docmanager:open", { path });
        },
      });
      commands.addCommand(APP, {
        label: (args) => args.title ?? "Open an app of Playlist Workbench",
        caption: (args) => args.line ?? "",
        icon: (args) => icons[args.name] ?? icons.app,
        execute: async ({ name }) => {
          const id = `${NAME}-${name}`;
          let tab = tabs.find((open) => open.id === id);
          if (!tab) {
            const found = (await entries).apps.find((one) => one.name === name);
            if (!found) return;
            const content = new apputils.IFrame({
              sandbox: ["allow-scripts", "allow-same-origin", "allow-downloads", "allow-forms", "allow-popups"],
            });
            content.url = found.url;
            tab = new apputils.MainAreaWidget({ content });
            Object.assign(tab.title, { label: found.title, caption: found.line, closable: true, icon: icons[name] ?? icons.app });
            tab.id = id;
            await tabs.add(tab);
          }
          if (!tab.isAttached) shell.add(tab, "main");
          shell.activateById(id);
        },
      });
      restorer?.restore(tabs, {
        command: APP,
        args: (tab) => ({ name: tab.id.slice(NAME.length + 1) }),
        name: (tab) => tab.id,
      });

      entries.then(({ notebooks, apps }) => {
        const listed = [...apps.map((args) => [APP, args]), ...notebooks.map((args) => [NOTEBOOK, args])];
        listed.forEach(([command, args], rank) => {
          launcherModel?.add({ command, args, category: CATEGORY, rank });
          palette?.addItem({ command, args, category: CATEGORY });
        });
      });
    },
  });

  const container = {
    init: (scope) => {
      shared = scope;
    },
    get: async () => {
      const [launcher, apputils, application, services, ui] = await Promise.all(
        ["launcher", "apputils", "application", "services", "ui-components"].map((name) => use(`@jupyterlab/${name}`)),
      );
      return () => ({ __esModule: true, default: plugin({ launcher, apputils, application, services, ui }) });
    },
  };
  window._JUPYTERLAB = Object.assign(window._JUPYTERLAB ?? {}, { [NAME]: container });
})();
