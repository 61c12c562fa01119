/** The page before its script runs. What stands in it is the same for everybody. */
export const consoleDocument = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<title>planpass</title>
<link rel="icon" href="/console/icon.svg" type="image/svg+xml">
<link rel="stylesheet" href="/console/style.css">
<script type="module" src="/console/main.js"></script>
</head>
<body>
<noscript><p class="noscript">This page needs JavaScript, all of which comes from your own machine.</p></noscript>
</body>
</html>
`
