"""What can lie on a table: menus of packages, what governments can discuss, sums over packages."""
