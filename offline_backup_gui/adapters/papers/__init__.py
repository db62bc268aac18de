"""Papers as PDF: recovery kit, packing slip, custody sheet and address label; drawn, not worded."""

from offline_backup_gui.adapters.papers.press import PdfPress

__all__ = ["PdfPress"]
