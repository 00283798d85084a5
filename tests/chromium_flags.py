"""The command line options with which every Chromium of these tests starts: as root, and without background traffic."""

FLAGS = (
    "--no-sandbox",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)
