"""What service is measured against: standards, stores' clocks, who works where, heroic acts."""
