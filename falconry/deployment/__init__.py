"""What a config means, what is deployed, and how the two differ. How that is shown is the views' business."""
