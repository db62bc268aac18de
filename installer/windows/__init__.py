"""What turns the checkout into the Windows program: a staged tree, a setup and an MSI."""
