"""One module for each revision. What has been released is never changed."""
