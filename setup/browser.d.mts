/** Throws an error with a one-sentence message if there is no browser and none could be installed. */
export function findBrowser(options?: { install?: boolean; forTests?: boolean }): Promise<string>;
export function launchArguments(): string[];
export function findVulkanDriver(browser?: string): string | undefined;
